/* Parses and validates one message over and over with libxml2, in this process, and prints one line of figures.
 *
 *   libxml2 SCHEMA MESSAGE SECONDS
 *
 * The schema is compiled once and the validation context is used again; each pass parses the bytes in memory into
 * a document, validates it with xmlSchemaValidateDoc, and frees it. */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSES_MAX 1000000
#define WARM_UP_SECONDS 1.0

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Processor time of this process, all threads. */
static double cpu_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static char *read_file(const char *name, int *length) {
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return NULL;
    }
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        return NULL;
    }
    fclose(file);
    *length = (int)size;
    return bytes;
}

/* The most memory this process ever held, in kilobytes. */
static long peak_kilobytes(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long peak = 0;
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmHWM: %ld", &peak);
    }
    return peak;
}

static int check(xmlSchemaValidCtxtPtr context, const char *bytes, int length) {
    xmlDocPtr document = xmlReadMemory(bytes, length, "message.xml", NULL, XML_PARSE_NONET | XML_PARSE_COMPACT);
    if (document == NULL) {
        return -1;
    }
    int result = xmlSchemaValidateDoc(context, document);
    xmlFreeDoc(document);
    return result;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: libxml2 SCHEMA MESSAGE SECONDS\n");
        return 2;
    }
    int length = 0;
    char *bytes = read_file(arguments[2], &length);
    if (bytes == NULL) {
        fprintf(stderr, "cannot read %s\n", arguments[2]);
        return 2;
    }
    double begun = now_ms();
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(arguments[1]);
    xmlSchemaPtr schema = parser == NULL ? NULL : xmlSchemaParse(parser);
    double compile_ms = now_ms() - begun;
    if (schema == NULL) {
        return 2;
    }
    xmlSchemaFreeParserCtxt(parser);
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    double wanted = atof(arguments[3]) * 1e3;
    static double passes[PASSES_MAX];
    size_t done = 0;
    for (double start = now_ms(); now_ms() - start < WARM_UP_SECONDS * 1e3;) {
        if (check(context, bytes, length) != 0) {
            fprintf(stderr, "libxml2 says that the message is not valid\n");
            return 1;
        }
    }
    double cpu = cpu_ms();
    for (double start = now_ms(); done < PASSES_MAX && now_ms() - start < wanted; done++) {
        double one = now_ms();
        if (check(context, bytes, length) != 0) {
            return 1;
        }
        passes[done] = now_ms() - one;
    }
    cpu = (cpu_ms() - cpu) / (double)done;
    qsort(passes, done, sizeof passes[0], by_size);
    printf("%.4f %.4f %.3f %ld\n", passes[done / 2], cpu, compile_ms, peak_kilobytes());
    return 0;
}
