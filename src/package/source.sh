# shellcheck shell=sh
# What the scripts of this folder start from, sourced from the top of the sources: $version and $SOURCE_DATE_EPOCH. Their
# files may depend neither on who makes them nor where: not on the umask, the language or the time zone.
umask 022
export LC_ALL=C TZ=UTC0
unset TAR_OPTIONS GZIP XZ_DEFAULTS XZ_OPT DPKG_DEB_COMPRESSOR_TYPE DPKG_DEB_COMPRESSOR_LEVEL

# shellcheck disable=SC2034 # for who sources it
version=$(sed -n 's/^#define DEPMEND_VERSION "\(.*\)"/\1/p' src/base/version.h)

# When the commit was made. Sources of an archive have no history (nor is that of a folder around them theirs): there it is the
# time of the files, which `make dist` has set to the commit's.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	[ -e .git ] && SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=$(stat -c %Y src/base/version.h)
fi
export SOURCE_DATE_EPOCH

# What the programs load when they need it (io/library.c), and so do not name.
# shellcheck disable=SC2034 # for who sources it
loaded_later="libcurl.so.4 libzstd.so.1 libxlsxwriter.so.$(sed -n 's/^#define LXW_SOVERSION "\(.*\)"/\1/p' /usr/include/xlsxwriter.h)"
