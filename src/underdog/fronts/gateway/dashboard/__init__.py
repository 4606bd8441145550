"""The dashboard: one page that works offline, and the requests that it makes."""
