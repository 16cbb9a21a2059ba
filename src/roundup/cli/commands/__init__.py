"""What each command takes, and its help; one file for each command or group of commands.

Nothing is done here, so that help is quick: what does the work is named by `done_by` and loaded when it is wanted.
"""
