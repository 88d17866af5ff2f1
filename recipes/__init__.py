"""One page per recipe; `kerasrecipes list` names them."""
