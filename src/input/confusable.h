/*
 * confusable - characters that look like ASCII ones and are none
 *
 * Full-width forms, letters of other scripts, dots, hyphens and commas of other
 * keyboards. Knows single characters alone.
 */
#ifndef SMTPDX_INPUT_CONFUSABLE_H
#define SMTPDX_INPUT_CONFUSABLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * confusable_ascii() - the ASCII character that a reader takes it for, 0 for none
 * shape:  letters come in lower case; c is no ASCII character itself
 * source: Unicode's compatibility mappings (NFKC), and of the look-alikes of UTS 39
 *         those that occur in names of servers
 */
char confusable_ascii(uint32_t c);

/* It is another width or style of the same character, and IDNA takes it for that too. */
bool confusable_is_form(uint32_t c);

/* A letter with marks as the one without them (e for an accented e), 0 where it is none. */
char confusable_bare(uint32_t c);

#endif
