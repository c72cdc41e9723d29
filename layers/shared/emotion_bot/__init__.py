"""A photo in, the emotions of its faces out: what the functions, the training and the playground share."""
