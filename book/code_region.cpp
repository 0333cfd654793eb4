#include "book/code_region.h"
