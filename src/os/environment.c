#include "os/environment.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { FILES_NEEDED = 64 };

void environment_harden(void)
{
	static const char *const weakens[] = {
		"SSLKEYLOGFILE", /* libcurl, OpenSSL: the keys of every connection */
		"OPENSSL_CONF",  /* OpenSSL: code to load, weaker ciphers */
		"OPENSSL_CONF_INCLUDE",
		"OPENSSL_ENGINES",
		"OPENSSL_MODULES",
		"OPENSSL_ia32cap", /* OpenSSL: code without what the processor offers against leaks
				    */
		"OPENSSL_armcap",
		"OPENSSL_ppccap",
		"OPENSSL_riscvcap",
		"OPENSSL_s390xcap",
		"CTLOG_FILE", /* OpenSSL: whose certificate logs count */
		"CURL_SSL_BACKEND",
		"QLOGDIR",
		"CURL_ENTROPY", /* libcurl */
		"HOSTALIASES",
		"LOCALDOMAIN",
		"RES_OPTIONS",
		"RESOLV_HOST_CONF", /* the resolver */
		"RESOLV_ADD_TRIM_DOMAINS",
		"RESOLV_OVERRIDE_TRIM_DOMAINS",
		"RESOLV_MULTI",
		"LDAPCONF", /* libraries that libcurl brings along */
		"LDAPRC",
		"KRB5_CONFIG",
		"KRB5_TRACE",
		"GCONV_PATH", /* iconv: code to load */
		"NLSPATH",
		"MALLOC_TRACE",
		"SQLITE_FORCE_PROXY_LOCKING",
	};

	for (size_t i = 0; i < sizeof(weakens) / sizeof(*weakens); i++)
		(void)unsetenv(weakens[i]);
}

enum errc environment_files(struct err *err)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_NEEDED)
		return ERR_OK;
	files.rlim_cur = files.rlim_max < FILES_NEEDED ? files.rlim_max : FILES_NEEDED;
	if (files.rlim_cur >= FILES_NEEDED && setrlimit(RLIMIT_NOFILE, &files) == 0)
		return ERR_OK;
	return err_set(err, ERR_CANNOT_CREATE,
		"this process may open %llu files and needs %d: raise the limit (ulimit -n 1024); "
		"nothing was sent",
		(unsigned long long)files.rlim_max, FILES_NEEDED);
}
