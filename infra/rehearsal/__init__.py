"""The whole life of a stack, deployed for real to an emulator of AWS on this machine: `make rehearse`."""
