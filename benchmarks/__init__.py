"""What `make bench` measures: how fast an issue goes out, and what a large list costs.

    make bench          everything, as docs/performance.md shows it
    make bench-quick    the same with few people and few rounds: whether it works, not how fast it is
    .venv/bin/python -m benchmarks --help
    .venv/bin/python -m benchmarks.messages     apart from these: what a personal message costs before it is sent

How to read the numbers

- Everything runs on one machine, sender and sink on the same cores, over the loopback. Quote the ratio to smtp-source,
  measured in the same minutes, and the CPU a message; messages a second belong to the machine.
- smtp-sink looks at each octet by itself and fills a core at some 4,500 messages of 45 KB a second. Near that rate
  the sink is measured; the fast sink is there to see beyond it. The last column says what the sink used of a core
  while messages went: near 100 % it was the limit, but for Postfix and stunnel, which use more than one.
- smtp-source sends one message to all, keeps no record, and waits for a reply four times a message. roundup sends
  everybody a copy of their own and commits each outcome to its journal before the same connection's next message.
- `throughput` says how rounds and ratios are made, `senders` what "sending", "whole" and CPU are, `scale` what is
  measured of large lists, `newsletters` what the messages are.
- The journal's cost is that of the disk's fsync: the tables say what one takes on this disk.
"""
