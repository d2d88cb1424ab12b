/*
 * replay_main - runs a fuzz target over kept inputs, without a fuzzer
 *
 * Arguments are files, or directories whose files are taken. Fails where
 * there was nothing to run, so that a lost corpus is seen.
 */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

enum { INPUT_MAX = 16 * 1024 * 1024 };

static bool replay_file(const char *path)
{
    char piece[4096];
    struct buf input;
    size_t n;
    bool ok = false;
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        perror(path);
        return false;
    }
    buf_init(&input, INPUT_MAX);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_put(&input, piece, n);
    if (ferror(f) != 0 || input.failed) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else {
        fprintf(stderr, "%s\n", path); /* the last one named is the one that broke */
        LLVMFuzzerTestOneInput((const uint8_t *)buf_borrow(&input), input.len);
        ok = true;
    }
    buf_done(&input);
    fclose(f);
    return ok;
}

static bool replay_directory(DIR *directory, const char *path, size_t *n_run)
{
    const struct dirent *entry;
    bool ok = true;

    while ((entry = readdir(directory)) != NULL) {
        struct buf name;

        if (entry->d_name[0] == '.')
            continue;
        buf_init(&name, 4096);
        if (!buf_printf(&name, "%s/%s", path, entry->d_name) || !replay_file(buf_borrow(&name)))
            ok = false;
        buf_done(&name);
        ++*n_run;
    }
    return ok;
}

int main(int argc, char **argv)
{
    size_t n_run = 0;
    bool ok = true;

    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);

        if (directory != NULL) {
            ok = replay_directory(directory, argv[i], &n_run) && ok;
            closedir(directory);
        } else {
            ok = replay_file(argv[i]) && ok;
            n_run++;
        }
    }
    if (n_run == 0)
        fputs("nothing to run\n", stderr);
    return ok && n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
