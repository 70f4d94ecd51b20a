#include "io/library.h"

#include <dlfcn.h>
#include <string.h>

enum errc library_load(const char *name, const struct library_function *functions, size_t n,
	void *ret_table, struct err *err)
{
	/* What libcurl starts (OpenSSL, p11-kit) does not bear being unloaded. */
	void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return err_set(err, ERR_INTERNAL, "%s cannot be loaded: %s", name, dlerror());
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function) {
			(void)dlclose(library);
			return err_set(err, ERR_INTERNAL, "%s is too old: it has no %s()", name,
				functions[i].name);
		}
		memcpy((char *)ret_table + functions[i].at, &function, sizeof(function));
	}
	(void)dlclose(library); /* looked at once more, not loaded once more */
	return ERR_OK;
}
