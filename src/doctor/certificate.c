/* SPDX-License-Identifier: Apache-2.0
 * What clients will think of the server's certificate. */
#include "crypto/crypto.h"
#include "doctor/doctor_int.h"

enum { DAY_S = 86400, SOON_DAYS = 30 };

static void look_at_time(const struct bel_doctor *doctor,
			 const struct bel_certificate_look *look)
{
	int64_t now_s = doctor->opts.now_s;
	long long days = (look->ends_s - now_s) / DAY_S;

	if (look->ends_s <= now_s)
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "certificate",
			       "renew it; belfry takes a new file up by itself",
			       "it ended %lld day%s ago", -days, days == -1 ? "" : "s");
	else if (look->begins_s > now_s)
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "certificate",
			       "is this machine's clock right?",
			       "it holds from a time in the future on");
	else
		bel_doctor_say(doctor,
			       days < SOON_DAYS ? BEL_DOCTOR_WARNING : BEL_DOCTOR_OK,
			       "certificate",
			       days < SOON_DAYS ? "renew it; belfry takes a new file up "
						  "by itself"
						: NULL,
			       "it holds for %lld day%s", days, days == 1 ? "" : "s");
}

static void look_at_names(const struct bel_doctor *doctor, bel_str pem)
{
	const struct bel_conf *conf = doctor->opts.conf;

	for (unsigned i = 0; conf && i < conf->domains_count; i++) {
		bel_str name = conf->domains[i].name;
		if (!bel_certificate_has_name(pem, name))
			bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "certificate",
				       "clients look for the domain, not for the host "
				       "(RFC 5922): have it in subjectAltName",
				       "it does not name %.*s", BEL_STR_ARG(name));
	}
}

static void look_at_chain(const struct bel_doctor *doctor,
			  const struct bel_certificate_look *look)
{
	static const struct {
		enum bel_doctor_level level;
		const char *text, *remedy;
	} rows[BEL_CHAIN_STATES] = {
		[BEL_CHAIN_TRUSTED] = { BEL_DOCTOR_OK,
					"its chain leads to an authority that this "
					"machine trusts",
					NULL },
		[BEL_CHAIN_SELF_SIGNED] = { BEL_DOCTOR_WARNING, "it is signed by itself",
					    "phones have to be told to trust it; one of "
					    "an authority needs no telling" },
		[BEL_CHAIN_INCOMPLETE] = { BEL_DOCTOR_BAD,
					   "its chain is not complete: who issued it is "
					   "neither in the file nor known here",
					   "put the intermediate certificates behind it "
					   "in the file (fullchain.pem)" },
		[BEL_CHAIN_UNKNOWN] = { BEL_DOCTOR_WARNING,
					"its chain leads to an authority that this "
					"machine does not know",
					"phones have to be told to trust that "
					"authority" },
	};

	bel_doctor_say(doctor, rows[look->chain].level, "certificate",
		       rows[look->chain].remedy, "%s", rows[look->chain].text);
}

enum bel_err bel_doctor_certificate(struct bel_doctor *doctor)
{
	bel_str pem = doctor->opts.certificate;
	struct bel_certificate_look look;

	if (!pem.len)
		return BEL_OK;
	if (bel_certificate_look_at(&look, pem)) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "certificate",
			       "it is PEM: -----BEGIN CERTIFICATE-----",
			       "the file is no certificate");
		return BEL_OK;
	}
	look_at_time(doctor, &look);
	look_at_names(doctor, pem);
	look_at_chain(doctor, &look);
	return BEL_OK;
}
