#include "labs/model/safetensors.h"
