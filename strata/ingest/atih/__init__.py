"""The files of e-PMSI, as they are sent: .rsa and .ano of MCO, the families of SMR, HAD and PSY, and which make one transmission."""
