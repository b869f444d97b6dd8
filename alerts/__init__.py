"""The wing that leads out: one module for each kind of channel.

A module with `NOTIFIER` is a notifier (`monitor.ports.Notifier`) and is found by its place in this
folder; a leading underscore means helper. Everything that leaves goes through the gate.
"""
