/*
 * fuzz - what every fuzz target starts with
 *
 * A target is one LLVMFuzzerTestOneInput(); libFuzzer's main() or replay_main.c
 * calls it. What must hold is said with FUZZ_EXPECT, in every kind of build.
 */
#ifndef SMTPDX_TESTS_FUZZ_H
#define SMTPDX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_EXPECT(holds)                                                            \
    do {                                                                              \
        if (!(holds)) {                                                               \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                                  \
        }                                                                             \
    } while (0)

#endif
