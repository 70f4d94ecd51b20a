#include "report/xlsx_api.h"

#include <stddef.h>

#include "io/library.h"

#ifdef __APPLE__

/* Linked: its loader does not look where Homebrew keeps libraries. */
enum errc xlsx_api_load(struct xlsx_api *ret, struct err *err)
{
	(void)err;
#define FUNCTION(name) .name = name,
	*ret = (struct xlsx_api){ XLSX_API(FUNCTION) };
#undef FUNCTION
	return ERR_OK;
}

#else

/* Its interface changes with the number, so it has to be the one that was compiled for. */
enum errc xlsx_api_load(struct xlsx_api *ret, struct err *err)
{
	static const struct library_function functions[] = {
#define FUNCTION(name) { #name, offsetof(struct xlsx_api, name) },
		XLSX_API(FUNCTION)
#undef FUNCTION
	};

	return library_load("libxlsxwriter.so." LXW_SOVERSION, functions,
		sizeof(functions) / sizeof(functions[0]), ret, err);
}

#endif
