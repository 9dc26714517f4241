"""The kit that emulators of clouds are made of. It knows HTTP, time and faults, and no cloud."""
