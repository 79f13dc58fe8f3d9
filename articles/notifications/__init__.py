"""Notices by e-mail: who is told of what, and when. The worker sends them from the outbox.

`telling` writes them down with the change that they tell of; `sending` asks again, at their moment,
whether they are still true and the person still may know.
"""
