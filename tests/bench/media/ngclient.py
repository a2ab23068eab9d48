#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ngclient - a small client of rtpengine's ng protocol (bencode over UDP).

  ngclient.py setup N OUT [--srtp] [--own] [--base PORT] [--ng HOST:PORT]
      sets up N calls (offer+answer); OUT gets the session lines rtpload reads;
      call ids go to OUT.calls.  --own: every leg has its own local port (else A and B
      share one port each).  --at and --relay: addresses of both legs, and of the relay.
      --srtp: B is RTP/SAVP with SDES AES_CM_128_HMAC_SHA1_80.
  ngclient.py delete OUT        deletes those calls
  ngclient.py cost N --pid PID  offer+answer+delete N times one after another: CPU us a call
  ngclient.py ping
"""
import sys, socket, os, base64, time, argparse, random

def benc(x):
    if isinstance(x, int): return b'i%de' % x
    if isinstance(x, str): x = x.encode()
    if isinstance(x, bytes): return b'%d:%s' % (len(x), x)
    if isinstance(x, list): return b'l' + b''.join(map(benc, x)) + b'e'
    return b'd' + b''.join(benc(k) + benc(x[k]) for k in sorted(x)) + b'e'

def bdec(b, i=0):
    c = b[i:i+1]
    if c == b'i':
        e = b.index(b'e', i); return int(b[i+1:e]), e + 1
    if c in (b'l', b'd'):
        i += 1; out = []
        while b[i:i+1] != b'e':
            v, i = bdec(b, i); out.append(v)
        if c == b'l': return out, i + 1
        return dict(zip((k.decode() for k in out[::2]), out[1::2])), i + 1
    j = b.index(b':', i); n = int(b[i:j])
    return b[j+1:j+1+n], j + 1 + n

class NG:
    def __init__(s, ep):
        h, p = ep.split(':'); s.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.s.connect((h, int(p))); s.s.settimeout(3); s.n = random.randrange(1 << 30)
    def cmd(s, d):
        s.n += 1; ck = b'%d_%d' % (os.getpid(), s.n)
        s.s.send(ck + b' ' + benc(d))
        while True:
            r = s.s.recv(65535); k, body = r.split(b' ', 1)
            if k == ck: break
        r, _ = bdec(body)
        if r.get('result') not in (b'ok', b'pong'): raise SystemExit('ng: %r' % r)
        return r

def sdp(port, proto='RTP/AVP', key=None, tag='1'):
    s = ('v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n'
         'm=audio %d %s 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n' % (a.at, a.at, port, proto))
    if key: s += 'a=crypto:%s AES_CM_128_HMAC_SHA1_80 inline:%s\r\n' % (tag, key)
    return s

def media(s):
    port, key, tag = 0, '-', '1'
    for l in s.decode().split('\r\n'):
        if l.startswith('m=audio'): port = int(l.split()[1])
        if l.startswith('a=crypto:') and 'AES_CM_128_HMAC_SHA1_80' in l and key == '-':
            key = l.split('inline:')[1].split()[0].split('|')[0]
            tag = l.split(':')[1].split()[0]
    return port, key, tag

def one(ng, cid, la, lb, srtp, do_delete=False):
    o = {'command': 'offer', 'call-id': cid, 'from-tag': 'a' + cid, 'sdp': sdp(la), 'ICE': 'remove',
         'replace': ['origin'], 'rtcp-mux': ['demux'], 'flags': ['trust-address']}
    if srtp:
        o['transport-protocol'] = 'RTP/SAVP'; o['DTLS'] = 'off'
        o['SDES'] = ['only-AES_CM_128_HMAC_SHA1_80']
    else: o['transport-protocol'] = 'RTP/AVP'
    r = ng.cmd(o); pb, kb, tag = media(r['sdp'])
    ka = '-'
    if srtp: ka = base64.b64encode(os.urandom(30)).decode()
    answer = {'command': 'answer', 'call-id': cid, 'from-tag': 'a' + cid, 'to-tag': 'b' + cid, 'ICE': 'remove',
         'sdp': sdp(lb, 'RTP/SAVP' if srtp else 'RTP/AVP', ka if srtp else None, tag), 'flags': ['trust-address'], 'replace': ['origin']}
    if srtp: answer['transport-protocol'] = 'RTP/AVP'
    r = ng.cmd(answer); pa, _, _ = media(r['sdp'])
    if do_delete: ng.cmd({'command': 'delete', 'call-id': cid, 'from-tag': 'a' + cid, 'delete-delay': 0})
    return pa, pb, ka, kb

def cpu(pid):
    t = 0
    for x in os.listdir('/proc/%d/task' % pid):
        t += int(open('/proc/%d/task/%s/schedstat' % (pid, x)).read().split()[0])
    return t

p = argparse.ArgumentParser()
p.add_argument('what'); p.add_argument('args', nargs='*')
p.add_argument('--srtp', action='store_true'); p.add_argument('--own', action='store_true')
p.add_argument('--base', type=int, default=20000); p.add_argument('--ng', default='127.0.0.1:22222')
p.add_argument('--pid', type=int, default=0)
p.add_argument('--at', default='127.0.0.1'); p.add_argument('--relay', default='127.0.0.1')
a = p.parse_args(); ng = NG(a.ng)
if a.what == 'ping': print(ng.cmd({'command': 'ping'}))
elif a.what == 'setup':
    n = int(a.args[0]); out = open(a.args[1], 'w'); calls = open(a.args[1] + '.calls', 'w')
    tag = '%x' % random.getrandbits(40)
    c0 = cpu(a.pid) if a.pid else 0
    for i in range(n):
        cid = 'c%s-%d' % (tag, i)
        la, lb = (a.base + 4 * i, a.base + 4 * i + 2) if a.own else (a.base, a.base + 2)
        pa, pb, ka, kb = one(ng, cid, la, lb, a.srtp)
        out.write('%s:%d %s:%d %s:%d %s:%d %s %s\n' % (a.at, la, a.relay, pa, a.at, lb, a.relay, pb, ka, kb)); calls.write(cid + '\n')
    if a.pid: print('setup cpu_us per call %.1f' % ((cpu(a.pid) - c0) / n / 1000))
elif a.what == 'pings':
    n = int(a.args[0]); c0 = cpu(a.pid)
    for i in range(n): ng.cmd({'command': 'ping'})
    print('cpu_us per ping %.1f' % ((cpu(a.pid) - c0) / n / 1000))
elif a.what == 'delete':
    for l in open(a.args[0] + '.calls'):
        ng.cmd({'command': 'delete', 'call-id': l.strip(), 'from-tag': 'a' + l.strip(), 'delete-delay': 0})
elif a.what == 'cost':
    n = int(a.args[0]); tag = '%x' % random.getrandbits(40)
    c0 = cpu(a.pid); t0 = time.time()
    for i in range(n): one(ng, 'x%s-%d' % (tag, i), 20000, 20002, a.srtp, True)
    print('offer+answer+delete cpu_us per call %.1f wall_us %.1f' % ((cpu(a.pid) - c0) / n / 1000, (time.time() - t0) / n * 1e6))
