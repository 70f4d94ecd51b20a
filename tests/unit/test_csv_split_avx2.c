/* The splitter of an x86-64 processor without AVX-512, in front of the library's. */
#define __builtin_cpu_supports(feature) ((feature)[3] != '5')
#include "io/csv/csv_split.c"

#include "test_csv_split.c"
