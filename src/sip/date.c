/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March, so that
 * the leap day is the last of one. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
	unsigned from_march = (month + 9) % 12;
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (int64_t)from_march + 2) / 5 + (int64_t)day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap ? 1u : 0u);
}

/* Position of a three-letter name in a row of them. */
static bool take_name(unsigned *out, struct bel_cursor *cursor, const char *names,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (bel_cursor_take_nocase(cursor, (bel_str){ names + i * 3, 3 })) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool take_digits(unsigned *out, struct bel_cursor *cursor, unsigned digits)
{
	*out = 0;
	for (; digits; digits--) {
		if (!bel_char_is_digit(bel_cursor_peek(cursor)))
			return false;
		*out = *out * 10 + (unsigned)(*cursor->ptr++ - '0');
	}
	return true;
}

/* RFC 3261 section 25.1 rfc1123-date: "Sat, 13 Nov 2010 23:29:00 GMT". */
enum bel_err bel_sip_date_parse(int64_t *out_s, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(bel_str_trim(value));
	unsigned weekday, day, month, year, hour, minute, second;

	if (!take_name(&weekday, &cursor, day_names, 7) ||
	    !bel_cursor_take(&cursor, ',') || !bel_cursor_take(&cursor, ' ') ||
	    !take_digits(&day, &cursor, 2) || !bel_cursor_take(&cursor, ' ') ||
	    !take_name(&month, &cursor, month_names, 12) ||
	    !bel_cursor_take(&cursor, ' ') || !take_digits(&year, &cursor, 4) ||
	    !bel_cursor_take(&cursor, ' ') || !take_digits(&hour, &cursor, 2) ||
	    !bel_cursor_take(&cursor, ':') || !take_digits(&minute, &cursor, 2) ||
	    !bel_cursor_take(&cursor, ':') || !take_digits(&second, &cursor, 2) ||
	    !bel_cursor_take_nocase(&cursor, BEL_STR(" GMT")) ||
	    !bel_cursor_is_end(&cursor))
		return BEL_ERR_SYNTAX;
	if (!day || day > days_in_month(year, month + 1) || hour > 23 || minute > 59 ||
	    second > 60 || !year)
		return BEL_ERR_SYNTAX;
	*out_s = days_from_date(year, month + 1, day) * 86400 + hour * 3600 +
		 minute * 60 + second;
	return BEL_OK;
}

static void write_two(struct bel_writer *writer, int64_t number)
{
	bel_write_char(writer, (char)('0' + number / 10));
	bel_write_char(writer, (char)('0' + number % 10));
}

void bel_sip_write_date(struct bel_writer *writer, int64_t time_s)
{
	const int64_t last_s = 253402300799; /* of the year 9999 */
	unsigned month = 12;

	time_s = time_s < 0 ? 0 : time_s > last_s ? last_s : time_s;
	int64_t days = time_s / 86400, of_day = time_s % 86400;
	int64_t year = 1970 + days / 366;
	while (days_from_date(year + 1, 1, 1) <= days)
		year++;
	while (days_from_date(year, month, 1) > days)
		month--;
	bel_write_str(writer, (bel_str){ day_names + (days + 4) % 7 * 3, 3 });
	bel_write_lit(writer, ", ");
	write_two(writer, days - days_from_date(year, month, 1) + 1);
	bel_write_char(writer, ' ');
	bel_write_str(writer, (bel_str){ month_names + (month - 1) * 3, 3 });
	bel_write_char(writer, ' ');
	write_two(writer, year / 100);
	write_two(writer, year % 100);
	bel_write_char(writer, ' ');
	write_two(writer, of_day / 3600);
	bel_write_char(writer, ':');
	write_two(writer, of_day / 60 % 60);
	bel_write_char(writer, ':');
	write_two(writer, of_day % 60);
	bel_write_lit(writer, " GMT");
}
