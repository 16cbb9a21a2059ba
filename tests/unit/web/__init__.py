"""The public pages, one by one."""
