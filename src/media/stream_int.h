/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_STREAM_INT_H
#define BEL_MEDIA_STREAM_INT_H

#include "media/media.h"
#include "path/path.h"
#include "rtp/rtp.h"

enum {
	PACKET_BYTES_MAX = 2048, /* 60 ms of L16 at 16,000 Hz, or a longer Opus packet */
	DIGITS_WAITING_MAX = 32,
	DIGIT_MS = 100,
	DIGIT_PAUSE_MS = 60,
	CNAME_BYTES = 16,
	FIRST_REPORT_MS = 500, /* after the first packet, at the latest */
	MAPPED_MAX = BEL_OFFER_CODECS_MAX,
};

/* A payload type as both sides number it. */
struct mapped {
	const struct bel_codec *codec;
	uint8_t sends, receives;
	uint8_t channels; /* of the rtpmap */
	char fmtp[64];    /* theirs */
};

/* A port seen in the format that a coder works in. */
struct outlet {
	struct bel_audio_port *port;      /* the user's; NULL: none */
	struct bel_audio_port *resampler; /* ours; NULL: the formats agree */
};

struct bel_media_stream {
	struct bel_media_stream_opts opts;
	struct bel_path *path;
	unsigned busy; /* calls up the stack that still work with it */
	bool is_closed;

	/* agreed */
	struct mapped map[MAPPED_MAX];
	unsigned map_count;
	bool is_agreed, may_send, may_hear, has_mux;
	bool has_events; /* telephone-event of the codec's clock */
	uint8_t events_payload;
	unsigned ptime_ms;
	bel_addr signalled;           /* where their description says they are */
	bel_addr remote, remote_rtcp; /* where they are */
	bool is_latched;              /* remote was learned from packets */
	uint64_t agreed_ms, latched_us;
	struct bel_srtp *protects, *unprotects;
	/* With DTLS and a port for RTCP, which then has keys of its own; else NULL. */
	struct bel_srtp *protects_rtcp, *unprotects_rtcp;
	struct bel_stream_hello *hello; /* came before the agreement; NULL: none did */
	struct bel_stream_dtls *dtls;   /* NULL: the keys, if any, came by signalling */
	uint8_t keys[2][BEL_SDP_KEY_BYTES_MAX]; /* in force: ours, theirs */

	/* speaking */
	struct bel_coder *encoder;
	unsigned encoder_index; /* in the map */
	struct bel_rtp_sender sender;
	struct outlet source;
	struct bel_timer frame;
	uint64_t frame_due_ms;
	struct bel_dtmf_sender digit;
	struct bel_audio_port *tones; /* digits in the sound; NULL: none asked for yet */
	char digits[DIGITS_WAITING_MAX];
	unsigned digits_count;
	unsigned pause_ms;

	/* hearing */
	struct bel_coder *decoder;
	unsigned decoder_index;
	struct bel_rtp_receiver receiver;
	struct bel_jitter *jitter;
	void *jitter_memory;
	size_t jitter_bytes;
	uint32_t
		jitter_clock_hz; /* of what comes: each side chooses its codec; 0: none */
	uint64_t stretched;      /* frames, by the buffer's own count */
	struct bel_comfort_noise noise;
	bool has_noise; /* they told what their silence is like */
	struct outlet sink;
	uint64_t play_due_us;
	struct bel_dtmf_receiver digit_heard;
	struct bel_audio_port
		*digit_sink; /* tones in the sound; NULL: events were agreed */
	struct bel_burst burst;
	uint64_t first_ms;

	/* echo */
	bool has_echo, is_echoing;
	uint32_t echo_ssrc, echo_timestamp;
	uint16_t echo_seq;

	/* RTCP */
	struct bel_timer report;
	struct bel_rtcp_timer reports;
	bool has_reported;
	char cname[CNAME_BYTES];
	uint32_t round_trip_us;
	double remote_loss, remote_mos;
	uint64_t sent, received, forged, early;
	uint64_t last_sent_us;
};

/* stream.c */
/* Around whatever may call the user, who may close the stream then: it is freed when the
 * last has left. In between, is_closed tells. */
void bel_stream_enter(struct bel_media_stream *stream);
void bel_stream_leave(struct bel_media_stream *stream);
void bel_stream_send_rtp(struct bel_media_stream *stream, char *packet, size_t len,
			 size_t size);
/* Index in the map by what they send; -1: not agreed. */
int bel_stream_find_payload(const struct bel_media_stream *stream, uint8_t payload);
/* The port to use for a format, made when it is first asked for. */
struct bel_audio_port *bel_outlet_port(struct outlet *outlet, struct bel_media_libs *libs,
				       const struct bel_audio_format *format);
void bel_outlet_set(struct outlet *outlet, struct bel_audio_port *port);
/* Frames go on, if there are any to make or to play; they rest by themselves. */
void bel_stream_wake(struct bel_media_stream *stream);

/* stream_dtls.c */
/* Begins what was agreed, or goes on with it. Errors as bel_media_stream_configure. */
enum bel_err bel_stream_dtls_agree(struct bel_media_stream *stream,
				   const struct bel_offer_stream *agreed);
/* Ends it and its keys, if there is any. */
void bel_stream_dtls_close(struct bel_media_stream *stream);
void bel_stream_on_dtls(struct bel_media_stream *stream,
			enum bel_path_component component, bel_str datagram,
			const bel_addr *peer);
/* ICE has found a way, or another one. */
void bel_stream_dtls_on_way(struct bel_media_stream *stream);
/* As the statistics tell it. */
enum bel_err bel_stream_keying(const struct bel_media_stream *stream);
/* Protection was agreed, and there are no keys: RTP must not be sent, and is not heard.
 */
bool bel_stream_is_keyless(const struct bel_media_stream *stream);
/* The same for RTCP, and its keys; NULL: it is plain. */
bool bel_stream_is_rtcp_keyless(const struct bel_media_stream *stream);
struct bel_srtp *bel_stream_rtcp_protects(const struct bel_media_stream *stream);
struct bel_srtp *bel_stream_rtcp_unprotects(const struct bel_media_stream *stream);

/* stream_hello.c */
/* Before there is an agreement; else nothing is kept. */
void bel_stream_hello_keep(struct bel_media_stream *stream,
			   enum bel_path_component component, bel_str datagram,
			   const bel_addr *peer);
/* To bel_stream_on_dtls, once. */
void bel_stream_hello_hand_over(struct bel_media_stream *stream);
void bel_stream_hello_forget(struct bel_media_stream *stream);

/* stream_agree.c */
/* By ICE, and it has found no way yet, or none any more: nothing may be sent. */
bool bel_stream_is_wayless(const struct bel_media_stream *stream,
			   enum bel_path_component component);
/* Where packets go by ICE, as far as that is known. */
void bel_stream_take_way(struct bel_media_stream *stream);
/* 0.0.0.0 was how RFC 2543 held a call. */
bool bel_stream_is_somewhere(const bel_addr *addr);
void bel_stream_forget_agreed(struct bel_media_stream *stream);

/* stream_speak.c */
enum bel_err bel_stream_open_encoder(struct bel_media_stream *stream);
void bel_stream_speak(struct bel_media_stream *stream);

/* stream_hear.c */
void bel_stream_on_rtp(struct bel_media_stream *stream, char *buf, size_t len,
		       const bel_addr *peer);
/* After codecs were agreed: what is heard may have another clock or longer packets. */
void bel_stream_forget_clock(struct bel_media_stream *stream);

/* stream_play.c */
void bel_stream_hear(struct bel_media_stream *stream);

/* stream_report.c */
void bel_stream_on_rtcp(struct bel_media_stream *stream, char *buf, size_t len,
			const bel_addr *peer);
void bel_stream_report_init(struct bel_media_stream *stream);
void bel_stream_report_start(struct bel_media_stream *stream);
/* The first report, once something was sent; later it changes nothing. 0: at once. */
void bel_stream_report_soon(struct bel_media_stream *stream, unsigned within_ms);
void bel_stream_report_bye(struct bel_media_stream *stream);

#endif
