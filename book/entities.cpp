#include "book/entities.h"
