#include "book/directive.h"
