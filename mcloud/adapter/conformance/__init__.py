"""What every adapter must do, as cases: one set, run over HTTP, through the standard driver and through the engine.

An adapter joins by one small file: its ``Target``. The two faces that need the engine's layer are in
``mcloud.engine.conformance``, which is also what a test imports.
"""
