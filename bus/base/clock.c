/* Clocks and RFC 3339. Formatting is done by hand because it runs for every event. */
#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t bw_clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t bw_clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, with years that begin in
 * March so that the leap day comes last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static void put2(char *out, unsigned value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(out, pairs + (size_t)2 * value, 2);
}

static const int64_t SECONDS_PER_DAY = 86400;
static const int64_t MIN_US = -62167219200LL * 1000000;     /* 0000-01-01 */
static const int64_t MAX_US = 253402300800LL * 1000000 - 1; /* the end of 9999 */

/* "0000-00-00T00:00:00." */
static void format_second(int64_t second, char *out)
{
    int year, month, day;
    int64_t days = second / SECONDS_PER_DAY, rest = second % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    date_from_days(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.", 20);
    put2(out, (unsigned)year / 100);
    put2(out + 2, (unsigned)year % 100);
    put2(out + 5, (unsigned)month);
    put2(out + 8, (unsigned)day);
    put2(out + 11, (unsigned)rest / 3600);
    put2(out + 14, (unsigned)rest / 60 % 60);
    put2(out + 17, (unsigned)rest % 60);
}

/* Most times that are written one after the other are of the same second. */
void bw_time_format(int64_t us, char out[BW_TIME_LEN + 1])
{
    static _Thread_local int64_t last = INT64_MIN;
    static _Thread_local char text[20];
    us = us < MIN_US ? MIN_US : us > MAX_US ? MAX_US : us;
    int64_t second = us / 1000000, micro = us % 1000000;
    if (micro < 0) {
        micro += 1000000;
        second--;
    }
    if (second != last) {
        format_second(second, text);
        last = second;
    }
    memcpy(out, text, sizeof text);
    unsigned rest = (unsigned)micro, high = rest / 10000, low = rest % 10000;
    put2(out + 20, high);
    put2(out + 22, low / 100);
    put2(out + 24, low % 100);
    memcpy(out + 26, "Z", 2);
}

static bool get_digits(struct bw_str *s, int width, int *value)
{
    if (s->len < (size_t)width)
        return false;
    *value = 0;
    for (int i = 0; i < width; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        *value = *value * 10 + (s->ptr[i] - '0');
    }
    s->ptr += width;
    s->len -= (size_t)width;
    return true;
}

static bool skip(struct bw_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

/* One of two characters. */
static bool skip_either(struct bw_str *s, char a, char b)
{
    return skip(s, a) || skip(s, b);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

int bw_time_parse(struct bw_str s, int64_t *wall_us)
{
    int year, month, day, hour, minute, second, zone_h = 0, zone_m = 0, sign = 1;
    int64_t micro = 0;
    if (!get_digits(&s, 4, &year) || !skip(&s, '-') || !get_digits(&s, 2, &month) ||
        !skip(&s, '-') || !get_digits(&s, 2, &day) ||
        (!skip_either(&s, 'T', 't') && !skip(&s, ' ')) || !get_digits(&s, 2, &hour) ||
        !skip(&s, ':') || !get_digits(&s, 2, &minute) || !skip(&s, ':') ||
        !get_digits(&s, 2, &second))
        return BW_EINVAL;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 60)
        return BW_EINVAL;
    if (skip(&s, '.')) {
        int digit, n = 0;
        for (int64_t scale = 100000; get_digits(&s, 1, &digit); n++, scale /= 10)
            micro += digit * scale;
        if (n == 0)
            return BW_EINVAL;
    }
    if (s.len > 0 && !skip_either(&s, 'Z', 'z')) {
        sign = s.ptr[0] == '-' ? -1 : 1;
        if (!skip_either(&s, '+', '-') || !get_digits(&s, 2, &zone_h) || !skip(&s, ':') ||
            !get_digits(&s, 2, &zone_m) || zone_h > 23 || zone_m > 59)
            return BW_EINVAL;
    }
    if (s.len > 0)
        return BW_EINVAL;
    int64_t seconds = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    seconds -= sign * (zone_h * 3600 + zone_m * 60);
    int64_t us = seconds * 1000000 + micro;
    if (us < MIN_US || us > MAX_US) /* its offset takes it out of what can be written again */
        return BW_EINVAL;
    *wall_us = us;
    return 0;
}
