"""roundup makes and mails a newsletter's daily roundup.

It reads new pieces from feeds or a content folder, ranks them by date and comments, renders one issue, and delivers
a personal copy to each subscriber over SMTP. `pipeline.py` is the program on one page; `docs/ARCHITECTURE.md` the map.

Values, in order. When two collide, the lower number wins, and the code says so:
1 never send again what is known to be accepted · 2 never send to someone who left · 3 never lose what happened ·
4 never send nonsense · 5 be quick · 6 be easy to change.
"""

__version__ = "0.1.0"
