def install(): pass
OPERATIONS = ()
