#include "smtp/message.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

enum { DATE_SIZE = 40 };

/* RFC 5322 section 3.3, in the time of the zone that is named: its names are English whatever the locale. */
static bool format_date(char out[static DATE_SIZE], const struct message_facts *f)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int minutes = f->utc_offset_minutes < 0 ? -f->utc_offset_minutes : f->utc_offset_minutes;
    time_t local = (time_t)(f->wall_ms / 1000 + (int64_t)f->utc_offset_minutes * 60);
    struct tm t;

    if (gmtime_r(&local, &t) == NULL || t.tm_year < 0 || t.tm_year > 9999 - 1900 || minutes >= 24 * 60)
        return false;
    snprintf(out, DATE_SIZE, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d", days[t.tm_wday], t.tm_mday,
             months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec,
             f->utc_offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return true;
}

bool message_write(struct buf *out, const struct message_facts *f)
{
    char date[DATE_SIZE];

    if (!format_date(date, f))
        return false;
    buf_printf(out,
               "Date: %s\r\n"
               "From: <%s>\r\n"
               "To: <%s>\r\n"
               "Message-ID: <%s>\r\n"
               "Subject: Test message from smtpdx\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=us-ascii\r\n"
               "Content-Transfer-Encoding: 7bit\r\n"
               "\r\n",
               date, f->from, f->to, f->id);
    buf_printf(out,
               "This is a test message. The program smtpdx sent it to see whether mail can be sent.\r\n"
               "Whoever ran the program asked for it, sending as %s.\r\n"
               "It needs no answer and can be deleted.\r\n",
               f->from);
    return !out->failed;
}
