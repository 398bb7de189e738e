"""The roof, a file for each command: what it is called with, and what is said of its report.

Refuses to decide anything: a report has all that is said here.
"""
