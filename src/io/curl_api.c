#include "io/curl_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The name of the interface that <curl/curl.h> describes since 2006. */
#ifdef __APPLE__
#define LIBRARY "libcurl.4.dylib"
#else
#define LIBRARY "libcurl.so.4"
#endif

enum errc curl_api_load(struct curl_api *ret, struct err *err)
{
	static const struct {
		const char *name;
		size_t at;
	} functions[] = {
#define FUNCTION(name) { "curl_" #name, offsetof(struct curl_api, name) },
		CURL_API(FUNCTION)
#undef FUNCTION
	};
	/* What it starts (OpenSSL, p11-kit) does not bear being unloaded. */
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return err_set(err, ERR_INTERNAL, "libcurl cannot be loaded: %s", dlerror());
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function) {
			(void)dlclose(library);
			return err_set(err, ERR_INTERNAL, "%s is too old: it has no %s()", LIBRARY,
				functions[i].name);
		}
		memcpy((char *)ret + functions[i].at, &function, sizeof(function));
	}
	(void)dlclose(library); /* looked at once more, not loaded once more */
	return ERR_OK;
}
