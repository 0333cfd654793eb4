#include "labs/model/checksum.h"
