"""FER-2013 in, a released bundle out: fit, evaluate, export, publish. Run `python -m training --help`."""
