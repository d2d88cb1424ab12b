/*
 * planted - loses memory on purpose, so that the leak check can show that it sees
 */
#include <stdio.h>
#include <stdlib.h>

/* Forgets where the memory is, out of the optimizer's sight. */
static void lose(char *volatile *slot)
{
    *slot = malloc(123);
    if (*slot != NULL)
        (*slot)[0] = 'x';
    *slot = NULL;
}

int main(void)
{
    char *volatile slot = NULL;

    lose(&slot);
    puts("lost 123 bytes");
    return 0;
}
