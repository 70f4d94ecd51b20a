#include "io/curl_api.h"

#include <stddef.h>

#include "io/library.h"

/* The name of the interface that <curl/curl.h> describes since 2006. */
#ifdef __APPLE__
#define LIBRARY "libcurl.4.dylib"
#else
#define LIBRARY "libcurl.so.4"
#endif

enum errc curl_api_load(struct curl_api *ret, struct err *err)
{
	static const struct library_function functions[] = {
#define FUNCTION(name) { "curl_" #name, offsetof(struct curl_api, name) },
		CURL_API(FUNCTION)
#undef FUNCTION
	};

	return library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), ret, err);
}
