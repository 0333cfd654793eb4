#include "labs/model/gguf.h"
