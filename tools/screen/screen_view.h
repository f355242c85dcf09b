// The screen as a grid: a function of the model.
#pragma once

#include "tools/screen/grid.h"
#include "tools/screen/screen_model.h"

namespace mpsdscope {

Grid render(const ScreenModel& model);

// Its parts. Each draws within its area, whose first row is the heading.
void draw_log_pane(Grid& grid, const Area& area, const ScreenModel& model);
void draw_titles_pane(Grid& grid, const Area& area, const ScreenModel& model);
void draw_detail_pane(Grid& grid, const Area& area, const ScreenModel& model);
void draw_status_line(Grid& grid, const Area& area, const ScreenModel& model);
void draw_prompt(Grid& grid, const Area& area, const ScreenModel& model);

// The heading: the pane's name, or, where one pane stands for all, all names; then `about`, as far
// as there is room.
void draw_heading(Grid& grid, const Area& area, const ScreenModel& model, Pane pane,
                  std::string_view about);

}  // namespace mpsdscope
