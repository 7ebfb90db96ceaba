#!/bin/sh
# Makes the embedded test programme: two looping cameras and the slate, in both
# codecs, and the cameras' sound. Needs ffmpeg with libvpx, libx264 and libopus, and a CJK
# font that fontconfig knows. Run it in this folder; commit what it writes.
#
#   stage, close  640x360, 15 frames/s, 10 s, a keyframe every 1 s
#   slate         2 s at 5 frames/s, one keyframe, then near-empty frames
#   hall.ogg      Opus, 10 s, quiet at both ends so that it loops
#
# Pictures come as .ivf (VP8) and as .h264 (constrained baseline, one slice each).
set -eu
cd "$(dirname "$0")"
FONT="Noto Sans CJK SC"
MONO="DejaVu Sans Mono"

# What browsers and the relay's payloader take.
baseline="-c:v libx264 -profile:v baseline -level 3.1 -bf 0 -sc_threshold 0 -bsf:v filter_units=remove_types=6"
x264="sliced-threads=0:slices=1:repeat-headers=1"

camera() { # name, background, bar colour, words
	ffmpeg -hide_banner -loglevel error -y \
		-f lavfi -i "color=$2:s=640x360:r=15:d=10" \
		-f lavfi -i "color=$3:s=96x10:r=15:d=10" \
		-f lavfi -i "color=white:s=14x56:r=15:d=10" \
		-filter_complex "\
[0]drawbox=x=0:y=0:w=640:h=44:color=black@0.35:t=fill,\
drawbox=x=0:y=300:w=640:h=60:color=black@0.35:t=fill,\
drawbox=x=40:y=236:w=80:h=40:color=white:t=fill,\
drawbox=x=120:y=236:w=80:h=40:color=yellow:t=fill,\
drawbox=x=200:y=236:w=80:h=40:color=cyan:t=fill,\
drawbox=x=280:y=236:w=80:h=40:color=green:t=fill,\
drawbox=x=360:y=236:w=80:h=40:color=magenta:t=fill,\
drawbox=x=440:y=236:w=80:h=40:color=red:t=fill,\
drawbox=x=520:y=236:w=80:h=40:color=blue:t=fill,\
drawtext=font='$FONT':text='彩排示例 · REHEARSAL':fontsize=20:fontcolor=white:x=20:y=10,\
drawtext=font='$FONT':text='$4':fontsize=40:fontcolor=white:x=40:y=74,\
drawtext=font='$MONO':text='%{eif\\:floor(t)\\:d\\:2}.%{eif\\:mod(floor(t*10)\\,10)\\:d}':fontsize=84:fontcolor=white:x=40:y=136,\
drawtext=font='$FONT':text='测试画面，非真实赛事':fontsize=20:fontcolor=white:x=20:y=318[bg];\
[bg][1]overlay=x='mod(t*64*5\\,736)-96':y=290[a];\
[a][2]overlay=x='520+60*sin(2*PI*t/2)':y='160+30*cos(2*PI*t/2)',format=yuv420p,split[v][h]" \
		-map "[v]" -c:v libvpx -b:v 170k -minrate 40k -maxrate 260k -bufsize 400k -g 15 -keyint_min 15 \
		-auto-alt-ref 0 -error-resilient 1 -deadline best -cpu-used 0 -frames:v 150 "$1.ivf" \
		-map "[h]" $baseline -g 15 -keyint_min 15 -preset veryslow -crf 28 -maxrate 260k -bufsize 400k \
		-x264-params "$x264" -frames:v 150 -f h264 "$1.h264"
}
camera stage "#14345c" "#f2b84b" "主舞台 机位 1"
camera close "#5a1f2e" "#7fd6c2" "特写 机位 2"

# Four soft bell notes and a low pad; the ends fade to nothing.
ffmpeg -hide_banner -loglevel error -y -f lavfi -i "aevalsrc=exprs='\
0.16*sin(2*PI*523.25*t)*exp(-3*mod(t\\,2.5))*between(mod(t\\,10)\\,0\\,2.5)\
+0.16*sin(2*PI*659.25*t)*exp(-3*mod(t\\,2.5))*between(t\\,2.5\\,5)\
+0.16*sin(2*PI*783.99*t)*exp(-3*mod(t\\,2.5))*between(t\\,5\\,7.5)\
+0.16*sin(2*PI*587.33*t)*exp(-3*mod(t\\,2.5))*between(t\\,7.5\\,10)\
+0.03*sin(2*PI*130.81*t)':s=48000:d=10" \
	-af "afade=t=in:d=0.1,afade=t=out:st=9.7:d=0.3" \
	-c:a libopus -b:a 32k -vbr on -frame_duration 20 -application audio -map_metadata -1 hall.ogg

slate="color=#16181d:s=640x360:r=5:d=2,\
drawbox=x=0:y=176:w=640:h=4:color=#f2b84b:t=fill,\
drawtext=font='$FONT':text='信号稍候':fontsize=56:fontcolor=white:x=(w-tw)/2:y=90,\
drawtext=font='$FONT':text='画面即将恢复':fontsize=26:fontcolor=#c9ced8:x=(w-tw)/2:y=200,\
drawtext=font='$FONT':text='The picture will be back shortly':fontsize=18:fontcolor=#c9ced8:x=(w-tw)/2:y=244,format=yuv420p"
ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$slate" -c:v libvpx -b:v 120k -g 10 -keyint_min 10 \
	-auto-alt-ref 0 -error-resilient 1 -deadline best -frames:v 10 slate.ivf
ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$slate" $baseline -g 10 -keyint_min 10 -crf 26 \
	-x264-params "$x264" -frames:v 10 -f h264 slate.h264
ls -l stage.* close.* slate.* hall.ogg
