/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/certificate.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 16, HOST_BYTES = 256 };

static bool wants_tls(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->listens_count; i++)
		if (conf->listens[i].transport == BEL_CONF_TLS)
			return true;
	for (unsigned i = 0; i < conf->turn.listens_count; i++)
		if (conf->turn.listens[i].transport == BEL_CONF_TLS)
			return true;
	return false;
}

/* ---- one that is made ---- */

static enum bel_err make(const char *cert_path, const char *key_path,
			 const struct bel_conf *conf)
{
	char cert[8192], key[4096], host[HOST_BYTES] = "localhost";
	struct bel_writer cert_pem = bel_writer_init(cert, sizeof cert);
	struct bel_writer key_pem = bel_writer_init(key, sizeof key);
	bel_str names[NAMES_MAX];
	unsigned count = 0;
	enum bel_err err;

	for (unsigned i = 0; i < conf->domains_count && count < NAMES_MAX - 3; i++)
		names[count++] = conf->domains[i].name;
	gethostname(host, sizeof host - 1);
	names[count++] = bel_str_from(host);
	names[count++] = BEL_STR("localhost");
	names[count++] = BEL_STR("127.0.0.1");
	err = bel_tls_self_signed(&cert_pem, &key_pem, names, count);
	if (!err)
		err = bel_cmd_write_file(key_path, bel_writer_str(&key_pem), 0600);
	if (!err)
		err = bel_cmd_write_file(cert_path, bel_writer_str(&cert_pem), 0644);
	bel_wipe(key, sizeof key);
	return err;
}

/* ---- reading ---- */

static enum bel_err read_file(struct bel_certificate *certificate,
			      enum bel_certificate_file which)
{
	const char *path = certificate->files[which].path;
	struct stat st;

	if (!path[0])
		return BEL_OK;
	/* The time first: a change while we read makes us look again. */
	if (stat(path, &st) == 0)
		certificate->files[which].changed = st.st_mtim;
	certificate->files[which].text = bel_cmd_read_file(
		path, &certificate->files[which].len);
	return certificate->files[which].text ? BEL_OK : bel_err_from_errno(errno);
}

static void name_files(struct bel_certificate *certificate, const struct bel_conf *conf,
		       const char *state)
{
	bel_cmd_join_path(certificate->files[BEL_CERT].path, state,
			  conf->tls.cert.len ? conf->tls.cert : BEL_STR("tls-cert.pem"));
	bel_cmd_join_path(certificate->files[BEL_CERT_KEY].path, state,
			  conf->tls.key.len ? conf->tls.key : BEL_STR("tls-key.pem"));
	if (conf->tls.clients_ca.len)
		bel_cmd_join_path(certificate->files[BEL_CERT_CLIENTS_CA].path, state,
				  conf->tls.clients_ca);
}

enum bel_err bel_certificate_open(struct bel_certificate *out,
				  const struct bel_conf *conf, const char *state,
				  struct bel_writer *told)
{
	enum bel_err err = BEL_OK;
	unsigned i = 0;

	*out = (struct bel_certificate){ 0 };
	if (!wants_tls(conf))
		return BEL_OK;
	name_files(out, conf, state);
	if (!conf->tls.cert.len && access(out->files[BEL_CERT].path, F_OK))
		err = make(out->files[BEL_CERT].path, out->files[BEL_CERT_KEY].path,
			   conf);
	if (err) {
		bel_write_format(told, "cannot make a certificate at %s: %s",
				 out->files[BEL_CERT].path, bel_err_text(err));
		return err;
	}
	for (; i < BEL_CERT_FILES && !err; i++)
		err = read_file(out, i);
	if (err) {
		bel_write_format(told, "cannot read %s %s: %s",
				 i - 1 == BEL_CERT_KEY ? "the key" : "the certificate",
				 out->files[i - 1].path, bel_err_text(err));
		bel_certificate_close(out);
	}
	return err;
}

void bel_certificate_close(struct bel_certificate *certificate)
{
	for (unsigned i = 0; i < BEL_CERT_FILES; i++) {
		if (certificate->files[i].text)
			bel_wipe(certificate->files[i].text, certificate->files[i].len);
		free(certificate->files[i].text);
	}
	*certificate = (struct bel_certificate){ 0 };
}

struct bel_node_tls bel_certificate_tls(const struct bel_certificate *certificate)
{
	return (struct bel_node_tls){
		.cert = { certificate->files[BEL_CERT].text,
			  certificate->files[BEL_CERT].len },
		.key = { certificate->files[BEL_CERT_KEY].text,
			 certificate->files[BEL_CERT_KEY].len },
		.clients_ca = { certificate->files[BEL_CERT_CLIENTS_CA].text,
				certificate->files[BEL_CERT_CLIENTS_CA].len },
	};
}

/* ---- watching ---- */

static bool has_changed(const char *path, struct timespec *changed)
{
	struct stat st;

	if (!path[0] || stat(path, &st) ||
	    (st.st_mtim.tv_sec == changed->tv_sec &&
	     st.st_mtim.tv_nsec == changed->tv_nsec))
		return false;
	*changed = st.st_mtim;
	return true;
}

bool bel_certificate_has_changed(struct bel_certificate *certificate)
{
	bool is_new = false;

	for (unsigned i = 0; i < BEL_CERT_FILES; i++)
		is_new |= has_changed(certificate->files[i].path,
				      &certificate->files[i].changed);
	return is_new;
}
