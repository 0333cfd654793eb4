#include "labs/model/dequantise.h"
