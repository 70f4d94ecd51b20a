#include "cli/tenants/rollup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "cli/tenants/numbers.h"
#include "cli/tenants/rollup_page.h"
#include "io/file.h"

enum { ALL_MAX_BYTES = 256 * 1024 * 1024 };

bool rollup_takes(const struct cli *cli, const struct cli_given *g)
{
	return cli->command->id == COMMAND_REPORT &&
	       (g->id == OPTION_HTML || g->id == OPTION_METRICS) && !tenant_is_named(g->value);
}

/* own: the path of a metrics file for each tenant, when one is asked for besides; else NULL. */
static void read_options(struct rollup *r, const struct cli *cli, const char **own)
{
	*own = NULL;
	for (size_t i = 0; i < cli->n_given; i++) {
		const struct cli_given *g = &cli->given[i];

		if (rollup_takes(cli, g))
			*(g->id == OPTION_HTML ? &r->page : &r->metrics) = g->value;
		else if (g->id == OPTION_METRICS)
			*own = g->value;
	}
}

/* What is one for all may be no input of any. */
static enum errc check_each(
	const struct cli *cli, const struct tenants *t, tenants_check *check, struct err *err)
{
	struct cli_given *given = mem_alloc((cli->n_given + 1) * sizeof(*given));
	struct cli one = { .command = cli->command, .given = given };
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < cli->n_given; i++)
		if (rollup_takes(cli, &cli->given[i]))
			given[one.n_given++] = cli->given[i];
	for (size_t i = 0; i < t->n && !rc; i++) {
		given[one.n_given++] = (struct cli_given){ OPTION_SETTINGS, t->v[i].file };
		rc = check(&one, err);
		one.n_given--;
	}
	free(given);
	return rc;
}

enum errc rollup_open(struct rollup *r, const struct cli *cli, struct tenants *t,
	tenants_check *check, struct err *err)
{
	const char *own;
	enum errc rc;

	*r = (struct rollup){ 0 };
	read_options(r, cli, &own);
	if (!r->page && !r->metrics)
		return ERR_OK;
	rc = check_each(cli, t, check, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < t->n && own; i++)
		t->v[i].numbers = tenant_path(own, t->v[i].name);
	if (own)
		return ERR_OK;
	r->folder = mem_printf("%s/depmend-all-XXXXXX", file_temporary_folder());
	if (!mkdtemp(r->folder)) {
		free(r->folder);
		r->folder = NULL;
		return err_set(err, ERR_CANNOT_CREATE, "no temporary folder can be made");
	}
	for (size_t i = 0; i < t->n; i++)
		t->v[i].numbers = mem_printf("%s/%zu.prom", r->folder, i);
	return ERR_OK;
}

void rollup_close(struct rollup *r, const struct tenants *t)
{
	if (!r->folder)
		return;
	for (size_t i = 0; i < t->n; i++)
		(void)unlink(t->v[i].numbers);
	(void)rmdir(r->folder);
	free(r->folder);
	r->folder = NULL;
}

/* --- all metrics in one file: what one name has stands together, under one head --- */

struct families {
	struct map names;
	struct buf *v;
	size_t cap;
};

static struct buf *family(struct families *f, struct str name)
{
	bool added;
	uint32_t at = map_add(&f->names, name, &added);

	MEM_GROW(f->v, at, f->cap);
	if (added)
		buf_init(&f->v[at], ALL_MAX_BYTES);
	return &f->v[at];
}

static void add_line(struct families *f, struct str line)
{
	bool head = line.n && line.p[0] == '#';
	struct str rest = line, name;
	struct buf *to;

	if (head)
		(void)str_cut(&rest, ' '), (void)str_cut(&rest, ' ');
	name = str_cut(&rest, head ? ' ' : '{');
	if (!name.n)
		return;
	to = family(f, name);
	/* The second tenant says again what the first has said. */
	if (head && to->n && memmem(to->p, to->n, line.p, line.n))
		return;
	buf_str(to, line);
	buf_char(to, '\n');
}

static bool is_first_of_name(const struct tenants *t, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(t->v[i].name, t->v[at].name) == 0)
			return false;
	return true;
}

static void add_statuses(struct families *f, const struct tenants *t)
{
	struct buf *to = family(f, STR("depmend_tenant_status"));

	buf_z(to, "# HELP depmend_tenant_status Exit status of `report` for the tenant; not 0: its "
		  "other numbers are missing.\n# TYPE depmend_tenant_status gauge\n");
	for (size_t i = 0; i < t->n; i++)
		if (is_first_of_name(t, i))
			buf_printf(to, "depmend_tenant_status{tenant=\"%s\"} %d\n", t->v[i].name,
				t->v[i].status);
}

static enum errc write_families(const struct families *f, const char *path, struct err *err)
{
	struct outfile *file;
	enum errc rc = outfile_open(&file, path, 0644, err);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < f->names.n && !rc; i++) {
		rc = buf_check(&f->v[i], path, err);
		outfile_write(file, buf_view(&f->v[i]));
	}
	if (!rc)
		rc = outfile_commit(file, NULL, err);
	outfile_free(file);
	return rc;
}

static enum errc write_metrics(const struct tenants *t, const char *path, struct err *err)
{
	struct families f = { 0 };
	enum errc rc;

	map_init(&f.names, 0);
	add_statuses(&f, t);
	for (size_t i = 0; i < t->n; i++) {
		struct buf b;
		struct str text;

		numbers_load(&t->v[i], &b);
		text = buf_view(&b);
		while (text.n)
			add_line(&f, str_cut(&text, '\n'));
		buf_release(&b);
	}
	rc = write_families(&f, path, err);
	for (uint32_t i = 0; i < f.names.n; i++)
		buf_release(&f.v[i]);
	free(f.v);
	map_release(&f.names);
	return rc;
}

enum errc rollup_write(const struct rollup *r, const struct tenants *t, struct err *err)
{
	enum errc rc = r->page ? rollup_page(t, r->page, err) : ERR_OK;

	if (!rc && r->metrics)
		rc = write_metrics(t, r->metrics, err);
	return rc;
}
