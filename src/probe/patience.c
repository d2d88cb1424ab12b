/*
 * patience - how long a connection is waited for that nothing answers
 *
 * An attempt fails by chance when its SYN or the answer is lost: about one in
 * ten where one packet in twenty is. Six in a row are then one in a million,
 * far below the one in a thousand that may never be called a block, for a check
 * makes many attempts and a helpdesk many checks.
 */
#include "probe/patience.h"

static const double INTERVAL_MS = 250;
static const double INTERVAL_ROUND_TRIPS = 1.5;
static const double LAST_MS = 300; /* the last attempt is given this, or */
static const double LAST_ROUND_TRIPS = 3;
static const double LAST_UNKNOWN_MS = 3000; /* nothing has answered yet: the line itself may be slow */

enum { ATTEMPTS = 6, ATTEMPTS_UNKNOWN = 8, ATTEMPTS_SUSPECT = 3 };

/* The longest that a connection took which stands, of any host; negative while there is none. */
static double round_trip_ms(const struct evidence *e)
{
    double longest = -1;

    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].round_trip_ms > longest)
            longest = e->probes[i].round_trip_ms;
    }
    return longest;
}

static double at_least(double ms, double round_trips, double round_trip)
{
    return round_trips * round_trip > ms ? round_trips * round_trip : ms;
}

double patience_interval_ms(const struct evidence *e)
{
    return at_least(INTERVAL_MS, INTERVAL_ROUND_TRIPS, round_trip_ms(e));
}

enum patience patience_with(const struct evidence *e, const struct waiting *w)
{
    double round_trip = round_trip_ms(e);
    bool known = round_trip >= 0;

    if (w->attempts < (known ? ATTEMPTS : ATTEMPTS_UNKNOWN))
        return PATIENCE_AGAIN;
    if (w->silent_ms >= (known ? at_least(LAST_MS, LAST_ROUND_TRIPS, round_trip) : LAST_UNKNOWN_MS))
        return PATIENCE_OVER;
    return PATIENCE_WAIT;
}

bool patience_suspects(const struct evidence *e, const struct waiting *w)
{
    /* The last attempt has had its time, too. */
    return patience_suspected(w->attempts) && w->silent_ms >= round_trip_ms(e);
}

bool patience_suspected(unsigned attempts)
{
    return attempts >= ATTEMPTS_SUSPECT;
}
