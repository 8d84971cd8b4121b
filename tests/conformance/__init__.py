"""What any server of Bellwire's protocol must do about cursors, gaps, replay and order. See README.md."""
