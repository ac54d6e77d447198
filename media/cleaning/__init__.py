"""What comes in becomes something that can do no harm: told by its content, measured before it is unpacked, freed of what is no picture."""
