#include "labs/model/pretokenizer.h"
