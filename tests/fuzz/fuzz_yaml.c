/* Any bytes are a tree with places or are refused with one. */
#include <stdlib.h>

#include "io/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_DEPTH = 40 };

/* Every node lies in the text, and the tree has an end. */
static void walk(const struct yaml_doc *doc, const struct yaml_node *node, unsigned depth)
{
	if (depth > MAX_DEPTH)
		abort();
	for (; node; node = node->next) {
		if (node->at.line == 0 || node->at.line > doc->n_lines + 1)
			abort();
		walk(doc, node->first, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct yaml_doc *doc = NULL;
	struct diags d;

	diags_init(&d);
	if (yaml_load_bytes(&doc, "f.yaml", (struct str){ (const char *)data, n }, &d, NULL) ==
		ERR_OK)
		walk(doc, doc->root, 0);
	else if (d.n_errors == 0 || d.v[0].at.line == 0)
		abort();
	yaml_doc_free(doc);
	diags_release(&d);
	return 0;
}
