"""E-mail to the desk, sent by the worker from the outbox.

`enqueue` writes a notice in the transaction of its change; `deliver` checks when it is due that it
still holds and that its recipient may still know.
"""
