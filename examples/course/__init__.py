"""What runs the lessons of the course: `catalogue` finds them, `report` takes what they show, `page` presents it."""
