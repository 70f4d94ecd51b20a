/* The splitter of any other processor, in front of the library's. */
#undef __SSE2__
#include "io/csv/csv_split.c"

#include "test_csv_split.c"
