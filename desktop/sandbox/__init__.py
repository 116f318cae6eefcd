"""Sailthru, Zendesk Support and Sell as real HTTP on loopback: for tests, demo and training.

It imports nothing else of this program, so that it stays an independent witness: a fact that the
client gets wrong is not got wrong twice. What is known of the services is in docs/sailthru.md,
docs/zendesk.md and docs/zendesk-sell.md. Run it with `python -m desktop.sandbox`; the flags are in
`command_line.py`, the keys of `--account` in `account_options.py`, the kinds of `--fault` in
`fault_rules.py`. The first line on stdout tells addresses and keys of an admin, an agent and a
second admin, whom a mass opt-in takes; it is written when all ports accept connections.

Control, on every port, without sign-in, JSON in and out:

- POST /sandbox/viewed {"ticket": 48213}: an agent opens a ticket (then in /tickets/recent).
- POST /sandbox/mail-status {"email": "…", "status": "valid" or "hardbounce"}: a colleague sets it
  in Sailthru's own window, as no API call can; `valid` takes the opt-out away as well.
- GET /sandbox/fault; POST {"spec": "…"} or {"specs": ["…"]} with optional "times": 1 (then spent);
  DELETE clears all, also those of the command line.
- GET /sandbox/account; POST {"bulk_import": "on", …} switches keys at run time.
- GET /sandbox/requests: how many of each since the start; DELETE forgets them.
- POST /sandbox/network {"off_s": 5}: all ports refuse every connection for so many seconds.
- POST /sandbox/speed {"latency_ms": 80, "rate_limits": "off"}.
- POST /sandbox/reset: forget every change, job, token, count, switch and fault since the start;
  the faults and keys of the command line are in force again.
- POST /sandbox/expire-tokens: every OAuth access token expires now, Sell's too; refresh tokens
  stay.
- GET /sandbox/credentials: the first line again.
- GET /sandbox/people: the fixture people with ids and addresses.
- GET /sandbox/mails: the verification mails that Zendesk would have sent, oldest first.
- GET /sandbox/tokens: counts of live OAuth codes, access and refresh tokens.

Control requests are neither delayed, logged, counted nor hit by faults.
"""
