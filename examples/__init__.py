"""Programs that use tensorlab: the demo, and a course in chapters."""
